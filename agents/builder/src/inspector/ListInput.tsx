import { useRef, useState } from "react";
import { itemTitle, newItem } from "../graph/values";
import { Icon } from "../parts/Icon";
import type { Values } from "../types";
import { t } from "../words";
import { Form, type WidgetProps } from "./FieldBox";

const asItems = (value: unknown): Values[] => (Array.isArray(value) ? (value as Values[]) : []);

/** Things with fields of their own, one folded box each: questions of a form, choices of a menu. */
export function ListInput({ field, value, path, problems, disabled, onChange }: WidgetProps) {
  const items = asItems(value);
  const [open, setOpen] = useState<number | null>(items.length === 1 ? 0 : null);
  const box = useRef<HTMLDivElement>(null);
  const fields = field.fields ?? [];
  const item = field.item ?? t("entry");
  const small = fields.length <= 3;
  const put = (at: number, values: Values): void => onChange(items.with(at, values));
  const move = (at: number, step: -1 | 1): void => {
    const [moved, other] = [items[at], items[at + step]];
    if (!moved || !other) return;
    onChange(items.with(at, other).with(at + step, moved));
    setOpen(open === at ? at + step : open);
  };
  const add = (): void => {
    onChange([...items, newItem(fields)]);
    setOpen(items.length);
    requestAnimationFrame(() => {
      const last = box.current?.querySelector(".bd-item:last-of-type");
      last?.querySelector<HTMLElement>("input, textarea, select")?.focus();
      last?.scrollIntoView({ block: "nearest" });
    });
  };
  return (
    <div className="bd-list" ref={box}>
      {items.map((values, at) => {
        const bad = problems.some((problem) => problem.field.startsWith(`${path}.${at}.`));
        const title = itemTitle(field, values) || t("{item} {number}", { item, number: at + 1 });
        const shown = open === at;
        return (
          <section key={at} className={`bd-item${shown ? " is-open" : ""}${bad ? " has-problem" : ""}`} data-field={`${path}.${at}`}>
            <header>
              <button type="button" className="bd-item-title" aria-expanded={shown} onClick={() => setOpen(shown ? null : at)} data-unfold>
                <Icon name={shown ? "expand_more" : "chevron_right"} />
                <span>{title}</span>
                {bad && <Icon name="error" />}
              </button>
              {!disabled && (
                <span className="bd-item-tools">
                  <button type="button" className="bd-mini" disabled={at === 0} aria-label={t("Move {name} up", { name: title })} onClick={() => move(at, -1)}>
                    <Icon name="arrow_upward" />
                  </button>
                  <button type="button" className="bd-mini" disabled={at === items.length - 1} aria-label={t("Move {name} down", { name: title })} onClick={() => move(at, 1)}>
                    <Icon name="arrow_downward" />
                  </button>
                  <button type="button" className="bd-mini" aria-label={t("Remove {name}", { name: title })} onClick={() => onChange(items.toSpliced(at, 1))}>
                    <Icon name="delete" />
                  </button>
                </span>
              )}
            </header>
            {shown && (
              <div className={small ? "bd-item-body is-small" : "bd-item-body"}>
                <Form
                  fields={fields}
                  values={values}
                  path={`${path}.${at}`}
                  problems={problems}
                  disabled={disabled}
                  onChange={(name, changed) => put(at, { ...values, [name]: changed })}
                />
              </div>
            )}
          </section>
        );
      })}
      {!disabled && items.length < (field.max_items ?? Infinity) && (
        <button type="button" className="p-button is-small bd-add" onClick={add}>
          <Icon name="add" /> {t("Add {item}", { item })}
        </button>
      )}
    </div>
  );
}
