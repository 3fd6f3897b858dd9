export { startDocker } from '#src/docker.ts';
export { imageLimitMegabytes, imageSizes, memoryOf, untilHealthy } from '#src/house.ts';
export { buildHouse, makeBase } from '#src/images.ts';
