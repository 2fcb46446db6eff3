/** Dates and times are written as the reader's browser is set, in the reader's own zone. */
const LANGUAGE: string | undefined = undefined;

const EXACT = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'medium' });
/** A moment as date and time. */
export const exactly = (moment: string | number) => EXACT.format(new Date(moment));

const TIME = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: 'medium' });
/** A moment of a day that is known. */
export const timeOfDay = (moment: string | number) => TIME.format(new Date(moment));

const HOUR = new Intl.DateTimeFormat(LANGUAGE, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
/** 18:05, where there is little room. */
export const hour = (moment: number) => HOUR.format(new Date(moment));

const DAY = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short' });
/** 21 Nov, where there is little room. */
export const day = (moment: number) => DAY.format(new Date(moment));

const MINUTE_MS = 60_000;
/** What `datetime-local` takes for a moment: in the reader's zone, to the minute. */
export const fieldValue = (moment: number) =>
  new Date(moment - new Date(moment).getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
