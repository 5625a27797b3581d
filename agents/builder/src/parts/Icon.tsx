/** A Material Symbol; decoration, so it has no name of its own. */
export function Icon({ name }: { name: string }) {
  return (
    <span className="material-symbols-outlined bd-icon" aria-hidden="true">
      {name}
    </span>
  );
}
