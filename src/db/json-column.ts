import type { ColumnType } from 'kysely';

/** `json` columns are written as text (key order is kept) and read as values. */
export type Json<T> = ColumnType<T, string, string>;

/** One that has a default. */
export type DefaultedJson<T> = ColumnType<T, string | undefined, string>;
