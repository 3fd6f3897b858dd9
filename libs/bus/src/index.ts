export { type BroadcastHandler, type Bus, type Listener, listen, type Subscription } from '#src/bus.ts';
export type { DeadLetter, DeadLetters, Replayed } from '#src/consume/dead-letters.ts';
export { defineEvent, type EventDefinition, type HouseEvent } from '#src/event.ts';
export { type HeardOptions, heardEvents } from '#src/heard.ts';
export { busMigrations, createBus, type HouseBus, type HouseBusOptions, type Transport } from '#src/house-bus.ts';
export { emit } from '#src/ledger/emit.ts';
export { type ListenerLag, readLags } from '#src/ledger/lag.ts';
export { rebaseLedger } from '#src/ledger/rebase.ts';
