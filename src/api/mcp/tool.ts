import type { Route } from '../route.js';
import { routeNamed } from '../route-named.js';

/** A parameter of a path under the name that tells a model what it is of. */
export interface NamedParam {
  name: string;
  description: string;
}

/** What a tool adds to the route that it calls: all else comes from the route. */
export interface ToolWish {
  name: string;
  title: string;
  /** Tells a model what it does and when to use it. */
  description: string;
  /** `POST /timers/:id/cancel` */
  route: string;
  /** What the parameters of its path are called. */
  params?: Record<string, NamedParam>;
  /** Parts of its input that are told in words instead of a schema, by the names that they have: what says little twice. */
  inWords?: Record<string, string>;
  /** It only reads; by default what is a GET. */
  isReadOnly?: boolean;
  /** It takes something away that cannot be had back. */
  isDestructive?: boolean;
  /** Called again with the same arguments it changes nothing more; by default what only reads. */
  isIdempotent?: boolean;
  /** It may reach what is outside Mainspring: a webhook, a model. */
  reachesOut?: boolean;
  /** It waits until what it reads has come so far. */
  waits?: Waiting;
}

export interface Waiting {
  /** By default so long, as `wait` is written; `0` waits only where it is asked for. */
  byDefault: string;
  /** Whether there is nothing more to wait for. */
  hasCome(body: unknown): boolean;
  /** Where it has not come: what to say of how it is. */
  soFar(body: unknown): string;
}

/** A tool with the route that it calls. */
export interface Tool extends Omit<ToolWish, 'route'> {
  route: Route;
}

/** Finds the routes of tools; throws where there is none. */
export const withRoutes = (wishes: readonly ToolWish[], routes: readonly Route[]): Tool[] =>
  wishes.map((wish) => ({ ...wish, route: routeNamed(routes, wish.route) }));
