import { exitCodes } from '#src/failure.ts';
import { dataFolder } from '#src/local/data-folder.ts';
import { checkBackups } from '#src/local/doctor/backups.ts';
import { checkEvents } from '#src/local/doctor/events.ts';
import { checkHouse } from '#src/local/doctor/house.ts';
import { checkMachine } from '#src/local/doctor/machine.ts';
import type { Output } from '#src/output.ts';

/** `steading doctor`: looks at this machine and this house, and says what is wrong and how to mend it. */
export async function doctor(options: { data?: string; port: string }, out: Output): Promise<void> {
  const dataDir = dataFolder(options.data);
  const findings = [
    ...checkMachine(dataDir),
    ...(await checkHouse(dataDir, Number(options.port))),
    ...(await checkBackups(dataDir)),
    ...(await checkEvents(dataDir)),
  ];
  const marks = {
    good: out.style('green', 'good   '),
    warning: out.style('yellow', 'warning'),
    wrong: out.style('red', 'wrong  '),
  };
  for (const finding of findings) out.line(`${marks[finding.state]}  ${finding.what}: ${finding.text}`);
  out.data({ findings });
  if (findings.some((finding) => finding.state === 'wrong')) process.exitCode = exitCodes.failed;
}
