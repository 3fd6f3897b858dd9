/** Resolves with the work, or rejects with the signal's reason when that comes first. */
export function withDeadline<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted, { once: true });
    const over = () => signal.removeEventListener('abort', aborted);
    work().then(
      (result) => {
        over();
        resolve(result);
      },
      (error: unknown) => {
        over();
        reject(error);
      },
    );
  });
}
