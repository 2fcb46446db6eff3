/** Temporal cannot be found, started, reached or prepared: one sentence that says what to do. */
export class EngineError extends Error {}
