/** The sign of the house: a roof, and something growing under it. */
export function BrandMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 64 64" aria-hidden="true" className={className}>
      <rect width="64" height="64" rx="15" className="fill-[#2d6344]" />
      <path
        d="M13 33 32 16l19 17"
        fill="none"
        stroke="#f6f1e4"
        strokeWidth="5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path d="M32 50V36" fill="none" stroke="#f6f1e4" strokeWidth="4.5" strokeLinecap="round" />
      <path d="M32 43c-1-7-6-9.500-12-9.500 0 6.500 4.500 10 12 9.500Z" fill="#a9d6ae" />
      <path d="M32 39c.600-5.500 4.500-8 10.500-8 .2 5.500-3.500 9-10.500 8Z" fill="#f6f1e4" />
    </svg>
  );
}
