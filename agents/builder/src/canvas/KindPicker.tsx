// Every kind of node, by group, with a search that the keyboard drives: arrows choose, Enter adds.

import { type KeyboardEvent, type Ref, useId, useMemo, useState } from "react";
import { find } from "../graph/search";
import { Icon } from "../parts/Icon";
import { useBuilder } from "../store/store";
import type { Kind } from "../types";
import { t } from "../words";

export const DRAGGED = "application/x-parley-kind";

interface Props {
  onPick: (kind: Kind) => void;
  onEscape?: () => void;
  draggable?: boolean;
  autoFocus?: boolean;
  inputRef?: Ref<HTMLInputElement>;
  /** Only kinds that something may lead to. */
  joins?: boolean;
}

export function KindPicker({ onPick, onEscape, draggable = false, autoFocus = false, inputRef, joins = false }: Props) {
  const kinds = useBuilder((state) => state.data.kinds);
  const groups = useBuilder((state) => state.data.groups);
  const [wanted, setWanted] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const found = useMemo(() => {
    const offered = kinds.filter((kind) => !kind.once && (kind.compiled || !joins));
    return find(offered, wanted, (kind) => [kind.label, kind.summary]);
  }, [kinds, wanted, joins]);
  const sections = wanted.trim() ? [{ key: "", label: "", kinds: found }] : grouped(groups, found);
  const flat = sections.flatMap((section) => section.kinds);
  const current = flat[Math.min(at, flat.length - 1)];
  const keys = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((Math.min(at, flat.length - 1) + step + flat.length) % Math.max(flat.length, 1));
    } else if (event.key === "Enter" && current) {
      event.preventDefault();
      onPick(current);
      setWanted("");
      setAt(0);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      setWanted("");
      onEscape?.();
    }
  };
  return (
    <div className="bd-picker">
      <div className="bd-search">
        <Icon name="search" />
        <input
          ref={inputRef}
          type="search"
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={current ? `${list}-${current.kind}` : undefined}
          aria-label={t("Search nodes")}
          placeholder={t("Search nodes")}
          value={wanted}
          autoFocus={autoFocus}
          onChange={(event) => {
            setWanted(event.target.value);
            setAt(0);
          }}
          onKeyDown={keys}
        />
      </div>
      <div className="bd-kinds" role="listbox" id={list} aria-label={t("Nodes")}>
        {sections.map((section) => (
          <div key={section.key} role="group" aria-label={section.label}>
            {section.label && <h3>{section.label}</h3>}
            {section.kinds.map((kind) => (
              <div
                key={kind.kind}
                id={`${list}-${kind.kind}`}
                role="option"
                aria-selected={kind === current}
                className={`bd-kind is-${kind.colour}${kind === current && wanted ? " is-current" : ""}`}
                data-kind-option={kind.kind}
                title={kind.summary}
                draggable={draggable}
                onDragStart={(event) => {
                  event.dataTransfer.setData(DRAGGED, kind.kind);
                  event.dataTransfer.effectAllowed = "copy";
                }}
                onClick={() => onPick(kind)}
              >
                <span className="bd-tile">
                  <Icon name={kind.icon} />
                </span>
                <span className="bd-kind-text">
                  <strong>{kind.label}</strong>
                  <small>{kind.summary}</small>
                </span>
              </div>
            ))}
          </div>
        ))}
        {flat.length === 0 && <p className="p-muted bd-none">{t("No node is called that.")}</p>}
      </div>
    </div>
  );
}

function grouped(groups: { key: string; label: string }[], kinds: Kind[]): { key: string; label: string; kinds: Kind[] }[] {
  const known = new Set(groups.map(({ key }) => key));
  const rest = kinds.filter(({ group }) => !known.has(group));
  return [
    ...groups.map(({ key, label }) => ({ key, label, kinds: kinds.filter(({ group }) => group === key) })),
    { key: "other", label: t("Other"), kinds: rest },
  ].filter((section) => section.kinds.length > 0);
}
