// A small real app: a page, a JSON address, a stream of server-sent events, and a stop that loses nobody.
import { createServer } from 'node:http';

const started = new Date();
let answered = 0;

const page = (name) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Hello from your own cloud</title>
<style>body{font:1.1rem/1.6 system-ui;max-width:34rem;margin:15vh auto;padding:0 1.5rem;color:#23302a;background:#f7f5f0}h1{font-size:2.2rem;line-height:1.2}b{color:#1f7a4d}</style>
<h1>Hello, <b>${name}</b>.</h1>
<p>This page is served by an app that runs on Steading. It started ${started.toISOString()} and has answered ${answered} requests.</p>
<p>Set the variable <code>GREETING_NAME</code> and deploy again to change who is greeted.</p></html>`;

const escapeHtml = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const server = createServer((request, response) => {
  answered++;
  const { pathname } = new URL(request.url, 'http://hello');
  if (pathname === '/') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page(escapeHtml(process.env.GREETING_NAME ?? 'world')));
  } else if (pathname === '/api') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ answered, startedAt: started.toISOString() }));
  } else if (pathname === '/events') {
    response.setHeader('content-type', 'text/event-stream');
    const timer = setInterval(() => response.write(`data: ${answered}\n\n`), 1000);
    response.once('close', () => clearInterval(timer));
  } else {
    response.statusCode = 404;
    response.end('There is nothing here.\n');
  }
});

server.listen(process.env.PORT ?? 3000, process.env.HOST ?? '127.0.0.1', () => console.log('hello listens'));
process.on('SIGTERM', () => {
  console.log('hello stops: finishing what it has');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
