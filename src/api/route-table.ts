import type { Route } from './route.js';

interface Place {
  fixed: Map<string, Place>;
  param: Place | null;
  /** By method as it is sent: `GET`. */
  routes: Map<string, { route: Route; names: string[] }>;
}

/** A route, with the values of its path's parameters still percent-encoded. */
export interface Found {
  route: Route;
  params: Record<string, string>;
}

/** A path that exists, with what may be done there. */
export interface Match {
  /** The route of a method as it is sent; `HEAD` is that of `GET`. */
  find(method: string): Found | null;
  /** For the `Allow` header. */
  allowed: string;
}

const emptyPlace = (): Place => ({ fixed: new Map(), param: null, routes: new Map() });

function child(place: Place, segment: string): Place {
  if (segment.startsWith(':')) {
    place.param ??= emptyPlace();
    return place.param;
  }
  const next = place.fixed.get(segment) ?? emptyPlace();
  place.fixed.set(segment, next);
  return next;
}

function add(root: Place, route: Route): void {
  const segments = route.path.split('/').slice(1);
  const place = segments.reduce(child, root);
  const method = route.method.toUpperCase();
  if (place.routes.has(method)) throw new Error(`two routes for ${route.method} ${route.path}`);
  const names = segments.filter((segment) => segment.startsWith(':')).map((segment) => segment.slice(1));
  place.routes.set(method, { route, names });
  if (method === 'GET') place.routes.set('HEAD', { route, names });
}

/** Fixed words go before parameters, whatever the order of the routes. */
function walk(place: Place, segments: string[], at: number, values: string[]): Place | null {
  const segment = segments[at];
  if (segment === undefined) return place.routes.size > 0 ? place : null;
  const fixed = place.fixed.get(segment);
  const found = fixed ? walk(fixed, segments, at + 1, values) : null;
  if (found || !place.param || segment === '') return found;
  values.push(segment);
  const under = walk(place.param, segments, at + 1, values);
  if (!under) values.pop();
  return under;
}

const allowedAt = ({ routes }: Place): string => [...routes.keys(), 'OPTIONS'].join(', ');

/** Finds the routes of a path in time that does not grow with their number; null where nothing is. */
export function createRouteTable(routes: readonly Route[]): (path: string) => Match | null {
  const root = emptyPlace();
  for (const route of routes) add(root, route);
  return (path) => {
    const values: string[] = [];
    const place = walk(root, path.split('/').slice(1), 0, values);
    if (!place) return null;
    return {
      find(method) {
        const here = place.routes.get(method);
        if (!here) return null;
        const params: Record<string, string> = {};
        here.names.forEach((name, index) => {
          params[name] = values[index] ?? '';
        });
        return { route: here.route, params };
      },
      allowed: allowedAt(place),
    };
  };
}
