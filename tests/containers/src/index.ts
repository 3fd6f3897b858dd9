export { startDocker } from '#src/docker.ts';
export { imageLimitMegabytes, imageSizes, memoryOf } from '#src/house.ts';
export { buildHouse, makeBase } from '#src/images.ts';
