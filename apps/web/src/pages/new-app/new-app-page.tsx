import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useQuery } from 'urql';
import { ProjectDocument } from '#src/graph/documents-app.ts';
import type { ResultOf } from '#src/graph/tada.ts';
import { CreateStep } from '#src/pages/new-app/create-step.tsx';
import { InspectionView } from '#src/pages/new-app/inspection-view.tsx';
import type { Inspection, Source } from '#src/pages/new-app/new-app-documents.ts';
import { SourceStep } from '#src/pages/new-app/source-step.tsx';
import { Frame } from '#src/shell/frame.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Empty } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const route = getRouteApi('/signed-in/house/p/$projectId/new-app');

export type NewAppProject = ResultOf<typeof ProjectDocument>['project'];

/** A new app: the repository is looked at first, and what the house would do with it is said before anything is made. */
export function NewAppPage() {
  const words = useWords();
  const { projectId } = route.useParams();
  const [asked, ask] = useQuery({ query: ProjectDocument, variables: { id: projectId } });
  const project = asked.data?.project;
  return (
    <Frame
      title={words.newApp.title}
      about={words.newApp.about}
      crumbs={
        project
          ? [
              { label: project.space.name, link: { to: '/s/$space', params: { space: project.space.nameId } } },
              { label: project.name, link: { to: '/p/$projectId', params: { projectId } } },
            ]
          : []
      }
    >
      <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
        {(data) =>
          data.project.may.createApp ? (
            <Steps project={data.project} />
          ) : (
            <Empty title={words.newApp.noRightTitle} text={words.newApp.noRight} />
          )
        }
      </QueryView>
    </Frame>
  );
}

function Steps({ project }: { project: NewAppProject }) {
  const [chosen, setChosen] = useState<{ source: Source; inspection?: Inspection }>();
  return (
    <div className="flex max-w-2xl flex-col gap-8">
      <SourceStep
        spaceId={project.space.id}
        onChosen={(source, inspection) => setChosen({ source, ...(inspection && { inspection }) })}
      />
      {chosen?.inspection && <InspectionView inspection={chosen.inspection} />}
      {chosen && (!chosen.inspection || chosen.inspection.ok) && (
        <CreateStep
          key={chosen.source.url}
          project={project}
          source={chosen.source}
          {...(chosen.inspection && { inspection: chosen.inspection })}
        />
      )}
    </div>
  );
}
