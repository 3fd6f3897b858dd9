import { access } from '#src/words/en/access.ts';
import { account } from '#src/words/en/account.ts';
import { app } from '#src/words/en/app.ts';
import { general } from '#src/words/en/general.ts';
import { newApp } from '#src/words/en/new-app.ts';
import { operator } from '#src/words/en/operator.ts';
import { session } from '#src/words/en/session.ts';
import { space } from '#src/words/en/space.ts';

/** English, complete. */
export const english = { ...general, session, space, app, newApp, access, account, operator };
