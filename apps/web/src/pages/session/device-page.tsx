import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useClient } from 'urql';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { DoorForm } from '#src/pages/session/door-form.tsx';
import { DoorFrame } from '#src/pages/session/door-frame.tsx';
import { TextField } from '#src/ui/field.tsx';
import { Note } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

const DeviceDocument = graphql(`
  query Device($userCode: String!) {
    device(userCode: $userCode) { name createdAt }
  }
`);
const ApproveDeviceDocument = graphql(`
  mutation ApproveDevice($userCode: String!) {
    approveDevice(userCode: $userCode)
  }
`);

const route = getRouteApi('/signed-in/device');

/** Lets a command or another device act as the person; asked for twice, because a code can come from a stranger. */
export function DevicePage() {
  const words = useWords();
  const search = route.useSearch();
  const client = useClient();
  const mutate = useMutate();
  const [asked, setAsked] = useState<{ code: string; name: string; createdAt: string }>();
  const [done, setDone] = useState(false);
  const check = async (text: (name: string) => string) => {
    const code = text('code').toUpperCase();
    const answer = await client
      .query(DeviceDocument, { userCode: code }, { requestPolicy: 'network-only' })
      .toPromise();
    if (!answer.data) throw answer.error;
    setAsked({ code, ...answer.data.device });
  };
  const approve = async () => {
    if (asked) await mutate(ApproveDeviceDocument, { userCode: asked.code });
    setDone(true);
  };
  if (done)
    return (
      <DoorFrame title={words.session.device.doneTitle}>
        <Note tone="green">{words.session.device.done}</Note>
      </DoorFrame>
    );
  if (asked)
    return (
      <DoorFrame title={words.session.device.asks(asked.name)} text={words.session.device.warning}>
        <p className="text-ink-soft">
          {words.session.device.since} <RelativeTime at={asked.createdAt} />
        </p>
        <DoorForm submit={words.session.device.approve} deed={approve}>
          <p className="rounded-lg border bg-sunken py-3 text-center font-mono text-[1.4rem] tracking-[0.15em]">
            {asked.code}
          </p>
        </DoorForm>
      </DoorFrame>
    );
  return (
    <DoorFrame title={words.session.device.title} text={words.session.device.text}>
      <DoorForm submit={words.session.device.check} deed={check}>
        <TextField
          label={words.session.device.code}
          name="code"
          defaultValue={search.code ?? ''}
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
          required
          maxLength={20}
          className="font-mono tracking-[0.15em] uppercase"
        />
      </DoorForm>
    </DoorFrame>
  );
}
