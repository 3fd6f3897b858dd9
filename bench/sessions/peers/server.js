/**
 * One way of keeping sessions behind Express: `rows` (express-session over connect-pg-simple), `signed` (a JWT, jose) or
 * `sealed` (iron-session). `/open` looks at none, `/who` at the one that came, `/sign-in` makes one after the same hash as
 * the house's, `/end` ends it. Says its port on the first line.
 */
import { hash, verify } from '@node-rs/argon2';
import express from 'express';
import { sealData, unsealData } from 'iron-session';
import { jwtVerify, SignJWT } from 'jose';

const [kind, databaseUrl] = process.argv.slice(2);
const secret = 'a secret of thirty-two letters or more';
const key = new TextEncoder().encode(secret);
const argon2id = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const app = express();
app.disable('x-powered-by');
app.set('etag', false);
app.get('/open', (_request, response) => response.json({ sub: null }));

const cookieOf = (request) => /(?:^|; )sid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
const stored = await hash('correct horse battery staple', argon2id);

async function tokens(seal, open) {
  app.post('/sign-in', async (_request, response) => {
    if (!(await verify(stored, 'correct horse battery staple', argon2id))) return response.status(401).end();
    response.setHeader('set-cookie', `sid=${await seal({ sub: `usr_${Math.random()}` })}; HttpOnly`).json({});
  });
  app.get('/who', async (request, response) => {
    const found = await open(cookieOf(request)).catch(() => undefined);
    response.status(found ? 200 : 401).json({ sub: found?.sub });
  });
}

if (kind === 'rows') {
  const [{ default: session }, { default: connect }, { default: pg }] = await Promise.all(
    ['express-session', 'connect-pg-simple', 'pg'].map((name) => import(name)),
  );
  const Store = connect(session);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 12 });
  // At its best: no write for each request.
  const store = new Store({ pool, createTableIfMissing: true, disableTouch: true, pruneSessionInterval: false });
  app.use(session({ store, secret, name: 'sid', resave: false, saveUninitialized: false }));
  app.post('/sign-in', async (request, response) => {
    if (!(await verify(stored, 'correct horse battery staple', argon2id))) return response.status(401).end();
    request.session.regenerate(() => {
      request.session.sub = `usr_${Math.random()}`;
      request.session.save(() => response.json({}));
    });
  });
  app.post('/make', (request, response) => {
    request.session.sub = `usr_${Math.random()}`;
    response.json({});
  });
  app.post('/end', (request, response) => request.session.destroy(() => response.json({})));
  app.get('/who', (request, response) =>
    response.status(request.session.sub ? 200 : 401).json({ sub: request.session.sub }),
  );
} else if (kind === 'signed') {
  const seal = (data) => new SignJWT(data).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('7d').sign(key);
  await tokens(seal, async (text) => (await jwtVerify(text, key)).payload);
} else {
  await tokens(
    (data) => sealData(data, { password: secret }),
    async (text) => {
      const found = await unsealData(text, { password: secret });
      return found.sub ? found : undefined;
    },
  );
}
app.post('/make', async (_request, response) => {
  const data = { sub: `usr_${Math.random()}` };
  const text =
    kind === 'signed'
      ? await new SignJWT(data).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('7d').sign(key)
      : await sealData(data, { password: secret });
  response.setHeader('set-cookie', `sid=${text}; HttpOnly`).json({});
});
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.once('SIGTERM', () => process.exit());
