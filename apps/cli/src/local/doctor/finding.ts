/** One thing that the doctor looked at, and what to do about it where it is not good. */
export interface Finding {
  readonly what: string;
  readonly state: 'good' | 'warning' | 'wrong';
  readonly text: string;
}

export const good = (what: string, text: string): Finding => ({ what, state: 'good', text });
export const warning = (what: string, text: string): Finding => ({ what, state: 'warning', text });
export const wrong = (what: string, text: string): Finding => ({ what, state: 'wrong', text });
