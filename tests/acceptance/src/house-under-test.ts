/** A fresh house somewhere, as far as those ask who only knock at its door. */
export interface HouseUnderTest {
  readonly url: string;
  readonly port: number;
  /** Of the link that makes the first operator. */
  readonly setupToken: string;
  /** All that it has logged. */
  logText(): string;
  stop(): Promise<void>;
}

/** One whose insides can be searched as well, from this machine and with the rights of the tests. */
export interface OpenHouse extends HouseUnderTest {
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** The top of the file system that it sees. */
  readonly root: string;
  /** Its processes that run, without those that they started. */
  pids(): readonly number[];
}

/** Starts one that may read sources of this machine, with further settings. */
export type StartHouse<House> = (env: Readonly<Record<string, string>>) => Promise<House>;
