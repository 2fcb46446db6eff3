import type { Route } from './route.js';

/** Finds a route by its method and path, `POST /timers/:id/cancel`; throws where there is none. */
export function routeNamed(routes: readonly Route[], name: string): Route {
  const found = routes.find(({ method, path }) => `${method.toUpperCase()} ${path}` === name);
  if (!found) throw new Error(`there is no route ${name}`);
  return found;
}
