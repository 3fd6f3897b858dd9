/** What the rules of detection see of a source. */
export interface SourceListing {
  /** Names at the top, and one level below `public`, `src`, `dist` and `build`. */
  readonly files: ReadonlySet<string>;
  /** The small files that detection reads, by name. */
  readonly contents: Readonly<Record<string, string>>;
}
