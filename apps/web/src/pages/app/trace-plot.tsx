import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { Deployment } from '#src/pages/app/deployment-page.tsx';
import { useTheme } from '#src/session/theme.ts';
import { formatMs } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

type Trace = NonNullable<Deployment['trace']>;

const heightPx = 190;

/** Probes through the front door while instances were exchanged: answer times, before and after, and what was lost. */
export function TracePlot({ trace, generation }: { trace: Trace; generation: string }) {
  const words = useWords();
  const text = words.app.detail;
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme means other colours, read when it is drawn.
  useEffect(() => {
    const element = box.current;
    if (!element || trace.samples.length === 0) return;
    const plot = new uPlot(optionsOf(element, text), dataOf(trace, generation), element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: heightPx }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [trace, generation, theme, text]);
  const first = trace.samples[0];
  const switched = trace.samples.find((sample) => sample.ok && sample.generation === generation);
  return (
    <figure className="flex flex-col gap-3 rounded-xl border bg-raised p-4">
      <figcaption className="text-[0.933rem]">
        <strong className={trace.lost > 0 ? 'font-semibold text-red' : 'font-semibold text-green'}>
          {text.traceText(trace.sent, trace.lost)}
        </strong>{' '}
        {trace.worstMs !== null && text.traceWorst(formatMs(trace.worstMs))}{' '}
        {first &&
          switched &&
          switched !== first &&
          text.traceSwitch(formatMs(Date.parse(switched.at) - Date.parse(first.at)))}
      </figcaption>
      <div ref={box} aria-hidden />
    </figure>
  );
}

function dataOf(trace: Trace, generation: string): uPlot.AlignedData {
  const start = Date.parse(trace.samples[0]?.at ?? '');
  const pick = (wanted: (sample: Trace['samples'][number]) => boolean) =>
    trace.samples.map((sample) => (wanted(sample) ? (sample.ms ?? 0) : null));
  return [
    trace.samples.map((sample) => (Date.parse(sample.at) - start) / 1000),
    pick((sample) => sample.ok && sample.generation !== generation),
    pick((sample) => sample.ok && sample.generation === generation),
    pick((sample) => !sample.ok),
  ];
}

function optionsOf(
  element: HTMLElement,
  text: { traceOld: string; traceNew: string; traceLost: string },
): uPlot.Options {
  const colour = (name: string) => resolveColour(element, `var(--color-${name})`);
  const axis: uPlot.Axis = {
    stroke: colour('ink-soft'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  const dots = (label: string, stroke: string): uPlot.Series => ({
    label,
    stroke,
    paths: () => null,
    points: { show: true, size: 5, fill: stroke, stroke },
  });
  return {
    width: element.clientWidth,
    height: heightPx,
    scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, Math.max(10, max * 1.15)] } },
    cursor: { show: false },
    legend: { live: false },
    axes: [
      { ...axis, space: 72, values: (_plot, ticks) => ticks.map((tick) => formatMs(tick * 1000)) },
      { ...axis, size: 64, values: (_plot, ticks) => ticks.map((tick) => `${tick} ms`) },
    ],
    series: [
      {},
      dots(text.traceOld, colour('blue')),
      dots(text.traceNew, colour('green')),
      dots(text.traceLost, colour('red')),
    ],
  };
}

/** A canvas knows no custom properties: the browser is asked what the colour is in the present scheme. */
function resolveColour(element: HTMLElement, value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
