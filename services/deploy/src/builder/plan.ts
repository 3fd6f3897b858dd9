/** What detection comes to: how an app is built and run, with the reasons in words. */
export interface BuildPlan {
  readonly builder: 'node' | 'static';
  /** One line: `Node 24 app, started with npm start`. */
  readonly title: string;
  readonly reasons: readonly string[];
  /** As a person would type them; absent where there is none. */
  readonly commands: { readonly install?: string; readonly build?: string; readonly start?: string };
  /** The major version that the source asks for. */
  readonly node?: number;
  readonly steps: readonly { readonly name: string; readonly argv: readonly string[] }[];
  /** The folder that becomes the release; empty: all of it. */
  readonly outputFolder: string;
  /** Empty: static files. */
  readonly command: readonly string[];
  readonly singlePage: boolean;
}

/** Why nothing can be built, and what to do. */
export interface BuildProblem {
  readonly code: string;
  readonly problem: string;
}

export type Detected = BuildPlan | BuildProblem;

export function isProblem(detected: Detected): detected is BuildProblem {
  return 'problem' in detected;
}
