/**
 * How large the container image is, by layers, against its limit; and what a house in one container of it holds at rest.
 * Builds the image by a Docker daemon of its own: as root on Linux with docker.io and mmdebstrap.
 */
import {
  buildHouse,
  imageLimitMegabytes,
  imageSizes,
  makeBase,
  memoryOf,
  startDocker,
  untilHealthy,
} from '@steading/container-tests';

const atRestAfterMs = 30_000;

const docker = await startDocker();
try {
  await makeBase(docker, 'base');
  await buildHouse(docker, { base: 'base', tag: 'house' });
  const { total, layers } = await imageSizes(docker, 'house');
  for (const [at, size] of layers.entries()) console.log(`layer ${at + 1}: ${size.toFixed(1)} MB`);
  console.log(`image: ${total.toFixed(1)} MB of ${imageLimitMegabytes}`);
  await docker.run(['run', '-d', '--name', 'house', '--network', 'none', '--read-only', '--tmpfs', '/tmp', 'house']);
  await untilHealthy(docker, 'house');
  await new Promise((resolve) => setTimeout(resolve, atRestAfterMs));
  for (const { name, megabytes } of await memoryOf(docker))
    console.log(`memory of ${name}: ${megabytes.toFixed(0)} MB`);
  if (total > imageLimitMegabytes) process.exitCode = 1;
} finally {
  await docker.stop();
}
