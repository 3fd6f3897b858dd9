import { Check, Minus } from 'lucide-react';
import type { AccessNode } from '#src/pages/access/access-documents.ts';
import { sentence } from '#src/ui/sentence.ts';
import { useWords } from '#src/words/words.tsx';

/** What each role may do here, as a table behind a fold. */
export function RoleMatrix({ node }: { node: AccessNode }) {
  const words = useWords();
  const text = words.access;
  return (
    <details className="rounded-xl border bg-raised px-4 py-3 sm:px-5">
      <summary className="font-medium">{text.matrix}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <section aria-label={text.matrix} tabIndex={0} className="mt-3 overflow-x-auto">
        <table className="w-full text-left text-[0.9rem]">
          <thead>
            <tr className="border-b">
              <th scope="col" className="py-2 pr-4 font-medium">
                {text.privilege}
              </th>
              {node.roles.map((role) => (
                <th key={role} scope="col" className="px-2 py-2 text-center font-medium">
                  {words.roles[role] ?? role}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {node.privileges.map((one) => (
              <tr key={one.name} className="border-b last:border-0">
                <th scope="row" className="py-2 pr-4 font-normal">
                  {sentence(one.text)}
                </th>
                {node.roles.map((role) => (
                  <td key={role} className="px-2 py-2">
                    {one.roles.includes(role) ? (
                      <Check role="img" aria-label={text.yes} className="mx-auto size-4 text-green" />
                    ) : (
                      <Minus role="img" aria-label={text.no} className="mx-auto size-4 text-line-strong" />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
