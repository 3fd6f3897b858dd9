import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Messages of one socket: 20 a second. Rejects when there are more. */
export function createMessageLimit(): { take(socketId: string): Promise<unknown> } {
  const limiter = new RateLimiterMemory({ points: 20, duration: 1 });
  return { take: (socketId) => limiter.consume(socketId) };
}
