/** Why a change to the forest was not made. Nothing of its list was. */
export class ForestRefusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = 'ForestRefusal';
    this.code = code;
  }
}

export type RefusalCode =
  | 'unknown-node'
  | 'unknown-group'
  | 'unknown-role'
  | 'bad-principal'
  | 'bad-id'
  | 'cycle'
  | 'too-deep'
  | 'conflict';
