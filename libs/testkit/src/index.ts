export { type CallerOptions, callerFor } from '#src/callers.ts';
export { createForestAccess } from '#src/forest-access.ts';
export { type GitServer, startGitServer, type TestRepository } from '#src/git-server.ts';
export { findPrograms, findRemains, type Remains, type RemainsOptions } from '#src/remains.ts';
export { startRunningTime } from '#src/running-time.ts';
export { createTestClock, type TestClock } from '#src/test-clock.ts';
export { createTestDatabase, type TestDatabase } from '#src/test-database.ts';
export { startTestHouse, type TestHouse, type TestHouseOptions } from '#src/test-house.ts';
export { waitFor } from '#src/wait-for.ts';
