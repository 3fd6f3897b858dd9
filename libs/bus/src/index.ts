export type { BroadcastHandler, Bus, Listener, Subscription } from '#src/bus.ts';
export { listen } from '#src/bus.ts';
export { defineEvent, type EventDefinition, type HouseEvent } from '#src/event.ts';
