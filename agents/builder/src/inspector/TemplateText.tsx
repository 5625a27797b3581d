// A text that may hold {{variables}}: completion while typing, and below it how it will be spoken, with a button to hear it.

import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { insertAt, suggestions, typingAt } from "../graph/templates";
import { Icon } from "../parts/Icon";
import { useBuilder } from "../store/store";
import type { Field, KnownVariable } from "../types";
import { t } from "../words";
import { Spoken } from "./Spoken";

interface Props {
  label: string;
  value: string;
  field: Field;
  onChange: (value: string) => void;
  id?: string;
  autoFocus?: boolean;
  disabled?: boolean;
  spoken?: boolean;
  describedBy?: string | undefined;
  invalid?: boolean;
  onBlur?: () => void;
}

export function TemplateText(props: Props) {
  const { label, value, field, onChange, id, autoFocus, disabled, spoken, describedBy, invalid, onBlur } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const list = useId();
  const known = useBuilder((state) => state.checked.variables);
  const [open, setOpen] = useState<KnownVariable[]>([]);
  const [at, setAt] = useState(0);
  const [caret, setCaret] = useState<number | null>(null);
  useLayoutEffect(() => {
    if (caret === null) return;
    area.current?.setSelectionRange(caret, caret);
    setCaret(null);
  }, [caret]);
  useLayoutEffect(() => grow(area.current), [value]);
  useEffect(() => {
    if (!autoFocus || !area.current) return;
    area.current.focus({ preventScroll: true });
    area.current.setSelectionRange(area.current.value.length, area.current.value.length);
  }, [autoFocus]);

  const look = (text: string, position: number): void => {
    const typing = field.template ? typingAt(text, position) : null;
    setOpen(typing ? suggestions(known, typing.prefix) : []);
    setAt(0);
  };
  // Names that the server has just learnt are offered to who is typing one already.
  useEffect(() => {
    const element = area.current;
    if (element && document.activeElement === element) look(element.value, element.selectionStart);
  }, [known]);
  const pick = (variable: KnownVariable): void => {
    const inserted = insertAt(value, area.current?.selectionStart ?? value.length, variable.name);
    onChange(inserted.text);
    setCaret(inserted.caret);
    setOpen([]);
    area.current?.focus();
  };
  const keys = (event: KeyboardEvent): void => {
    if (!field.multiline && event.key === "Enter" && open.length === 0) event.preventDefault();
    const chosen = open[at];
    if (!chosen) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + open.length) % open.length);
    else if (event.key === "Enter" || event.key === "Tab") pick(chosen);
    else if (event.key === "Escape") setOpen([]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const begin = (): void => {
    const position = area.current?.selectionStart ?? value.length;
    const text = `${value.slice(0, position)}{{${value.slice(position)}`;
    onChange(text);
    setCaret(position + 2);
    area.current?.focus();
    setOpen(suggestions(known, ""));
  };
  return (
    <div className="bd-template">
      <div className="bd-template-box">
        <textarea
          ref={area}
          id={id}
          rows={field.multiline ? 2 : 1}
          value={value}
          aria-label={id ? undefined : label}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          aria-autocomplete={field.template ? "list" : undefined}
          aria-controls={open.length ? list : undefined}
          aria-activedescendant={open.length ? `${list}-${at}` : undefined}
          placeholder={field.placeholder}
          disabled={disabled}
          spellCheck
          onChange={(event) => {
            onChange(event.target.value);
            look(event.target.value, event.target.selectionStart);
          }}
          onKeyDown={keys}
          onClick={(event) => look(value, event.currentTarget.selectionStart)}
          onBlur={() => {
            setOpen([]);
            onBlur?.();
          }}
        />
        {field.template && !disabled && (
          <button
            type="button"
            className="bd-mini bd-put"
            title={t("Put in a variable: type two opening braces")}
            aria-label={t("Put in a variable")}
            onMouseDown={(event) => event.preventDefault()}
            onClick={begin}
          >
            <Icon name="data_object" />
          </button>
        )}
        {open.length > 0 && (
          <ul className="bd-suggestions nowheel" role="listbox" id={list} aria-label={t("Variables")}>
            {open.map((variable, place) => (
              <li
                key={variable.name}
                id={`${list}-${place}`}
                role="option"
                aria-selected={place === at}
                onMouseDown={(event) => {
                  event.preventDefault();
                  pick(variable);
                }}
              >
                <b className="bd-var">{variable.name}</b>
                <small>{variable.label !== variable.name ? variable.label : originOf(variable)}</small>
              </li>
            ))}
          </ul>
        )}
      </div>
      {spoken && field.spoken && <Spoken text={value} />}
    </div>
  );
}

function originOf({ kind }: KnownVariable): string {
  const words = { fact: t("known"), flow: t("of the flow"), slot: t("asked"), set: t("set"), result: t("result") };
  return words[kind];
}

function grow(area: HTMLTextAreaElement | null): void {
  if (!area || CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}
