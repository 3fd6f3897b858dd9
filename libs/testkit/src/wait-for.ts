/** Resolves with the first truthy answer. Instead of sleeping: a condition, with a deadline (default 10 s). */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const { timeoutMs = 10_000, everyMs = 15 } = options;
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer) return answer as Exclude<T, false | null | undefined | 0 | ''>;
      last = answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(
    `waited ${timeoutMs} ms in vain for: ${what} (last: ${last instanceof Error ? last.message : JSON.stringify(last)})`,
  );
}
