import { classNames } from '#src/ui/class-names.ts';

const earths = [
  'bg-[light-dark(#dfe8d6,#31402b)] text-[light-dark(#3a5527,#c3dbb0)]',
  'bg-[light-dark(#f1e0cd,#45341f)] text-[light-dark(#744714,#e9c99f)]',
  'bg-[light-dark(#dde5ec,#27353f)] text-[light-dark(#2f506a,#b4d0e4)]',
  'bg-[light-dark(#eedcd9,#452c28)] text-[light-dark(#7c3a2e,#edbcb2)]',
  'bg-[light-dark(#e7dfee,#38304a)] text-[light-dark(#573f77,#d2c2ea)]',
  'bg-[light-dark(#ece5c9,#3c3820)] text-[light-dark(#5e5210,#ded39a)]',
];

/** A letter on an earthen tile; the same name always has the same tile. Round for people, square for things. */
export function Tile({ name, person, large }: { name: string; person?: boolean; large?: boolean }) {
  const sum = [...name].reduce((total, letter) => (total * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 7);
  return (
    <span
      aria-hidden
      className={classNames(
        'inline-grid shrink-0 place-items-center font-semibold select-none',
        person ? 'rounded-full' : large ? 'rounded-xl' : 'rounded-md',
        large ? 'size-10 text-[1.1rem]' : 'size-6 text-[0.8rem]',
        earths[sum % earths.length],
      )}
    >
      {([...name.trim()][0] ?? '·').toUpperCase()}
    </span>
  );
}
