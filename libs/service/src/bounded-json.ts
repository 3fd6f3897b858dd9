import { kitErrors } from '@steading/kit';

/** The JSON of an answer; rejects with `answer-too-large` as soon as more than this many bytes have come. */
export async function readBoundedJson(answer: Response, maxBytes: number): Promise<unknown> {
  const refuse = () => kitErrors('answer-too-large', { limit: `${Math.round(maxBytes / 1000)} KB` });
  if (Number(answer.headers.get('content-length') ?? 0) > maxBytes) {
    await answer.body?.cancel();
    throw refuse();
  }
  const chunks: Uint8Array[] = [];
  let seen = 0;
  // Leaving the loop by an error cancels the rest of the body.
  for await (const chunk of answer.body ?? []) {
    seen += chunk.byteLength;
    if (seen > maxBytes) throw refuse();
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
