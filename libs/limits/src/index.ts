export { addressBucket } from '#src/address-bucket.ts';
export { createLimits, type Limit, type LimitRule, type Limits, limitsMigrations, type Taken } from '#src/limits.ts';
