import { DetectionView } from '#src/pages/app/detection-view.tsx';
import type { Inspection } from '#src/pages/new-app/new-app-documents.ts';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** What the house found, or why it found nothing. */
export function InspectionView({ inspection }: { inspection: Inspection }) {
  const words = useWords();
  return (
    <section className="flex flex-col gap-3">
      <h2 className="flex items-center gap-3 text-[1.067rem] font-semibold">
        <span
          aria-hidden
          className="grid size-7 place-items-center rounded-full bg-green-wash text-[0.933rem] text-green-deep"
        >
          2
        </span>
        {words.newApp.step2}
      </h2>
      <div role="status" className="flex flex-col gap-3">
        {inspection.problem && <Note tone="amber">{inspection.problem}</Note>}
        {inspection.detection && <DetectionView detection={inspection.detection} />}
      </div>
    </section>
  );
}
