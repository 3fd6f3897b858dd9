/** What came of all that was brought into a page. */
export interface Tried {
  readonly hacked?: string;
  readonly evaluated: string;
  readonly sent: string;
  readonly base: string;
  readonly colors: readonly string[];
  /** The directives by which the browser refused something. */
  readonly refused: readonly string[];
}

/** A script for the page: brings in whatever somebody could who found a way to write HTML there. Gives a `Tried`. */
export function bringIn(house: string): string {
  return `(async () => {
    const refused = new Set();
    addEventListener('securitypolicyviolation', (event) => refused.add(event.effectiveDirective));
    const holder = document.body.appendChild(document.createElement('div'));
    const script = (more) => holder.append(Object.assign(document.createElement('script'), more));
    script({ textContent: "globalThis.hacked = 'a script'" });
    holder.insertAdjacentHTML('beforeend', ${JSON.stringify(html)});
    document.querySelector('#way').click();
    document.querySelector('#form').requestSubmit();
    script({ src: "data:text/javascript,globalThis.hacked='data'" });
    script({ src: 'https://evil.example/x.js' });
    script({ src: ${JSON.stringify(`${house}/readyz`)} });
    const outcome = (work) => Promise.resolve().then(work).then(() => 'done', () => 'refused');
    const sent = await outcome(() => fetch('https://evil.example/'));
    // Handlers and frames take a moment; the browser tells of each refusal by an event.
    const wanted = ${JSON.stringify(directives)};
    for (let turn = 0; turn < 100 && !wanted.every((one) => refused.has(one)); turn++)
      await new Promise((done) => setTimeout(done, 50));
    // Only now: what runs as the debugger's own may evaluate, what a timer calls may not.
    const evaluated = await outcome(() => new Function('return 1')());
    const colors = [document.body, holder.querySelector('b')].map((one) => getComputedStyle(one).color);
    return { hacked: globalThis.hacked, evaluated, sent, base: document.baseURI, colors, refused: [...refused] };
  })()`;
}

/** Each must have refused something. */
export const directives = [
  'script-src-elem',
  'script-src-attr',
  'style-src-elem',
  'style-src-attr',
  'connect-src',
  'base-uri',
  'form-action',
];

const html = `<img src="data:," onerror="globalThis.hacked='a handler'"><style>body { color: rgb(1, 2, 3) !important }</style>
<svg><script>globalThis.hacked='a script in a picture'</script></svg><b style="color: rgb(1, 2, 3)">x</b>
<iframe srcdoc="<script>top.hacked='a frame'</script>"></iframe><object data="data:text/html,x"></object>
<base href="https://evil.example/"><a id="way" href="javascript:globalThis.hacked='a link'">x</a>
<form action="https://evil.example/" id="form"><input name="x"></form>`;
