/** The order of rows by their place, "<microseconds>.<id>". Pure. */

/** Below 0: a comes first. `oldest`: the smallest moment first, else the greatest. */
export function compare(a, b, oldest) {
  const [atA, idA] = split(a);
  const [atB, idB] = split(b);
  const order = atA - atB || (idA < idB ? -1 : idA > idB ? 1 : 0);
  return oldest ? order : -order;
}

/**
 * Where `place` belongs among `places`, which are in order: the index it is inserted at; -1 when it lies behind all of
 * them and there is more to load, so that it is not the next one.
 */
export function indexOf(place, places, { oldest, more }) {
  const found = places.findIndex((each) => compare(place, each, oldest) < 0);
  if (found >= 0) return found;
  return more && places.length ? -1 : places.length;
}

/** `ids` in pieces of at most `size`. */
export function pieces(ids, size) {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size));
}

function split(place) {
  const dot = place.indexOf(".");
  return [Number(place.slice(0, dot)), place.slice(dot + 1)];
}
