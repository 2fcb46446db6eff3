/** Told what is going on, a line at a time, for a person who waits. */
export type Report = (line: string) => void;
