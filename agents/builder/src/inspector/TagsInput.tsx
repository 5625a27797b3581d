import { useState } from "react";
import { Icon } from "../parts/Icon";
import { t } from "../words";
import type { WidgetProps } from "./FieldBox";

/** A list of short texts: Enter or a comma adds one, Backspace in the empty box takes the last away. */
export function TagsInput({ id, field, value, disabled, describedBy, onChange }: WidgetProps) {
  const [typed, setTyped] = useState("");
  const tags = Array.isArray(value) ? value.map(String) : [];
  const add = (text: string): void => {
    const fresh = text.split(",").map((one) => one.trim()).filter(Boolean);
    const known = new Set(tags.map((tag) => tag.toLowerCase()));
    const next = [...tags, ...fresh.filter((one) => !known.has(one.toLowerCase()))];
    if (next.length > tags.length) onChange(next);
    setTyped("");
  };
  return (
    <div className="bd-tags">
      {tags.map((tag, at) => (
        <span key={tag} className="bd-tag">
          {tag}
          {!disabled && (
            <button type="button" aria-label={t("Remove {name}", { name: tag })} onClick={() => onChange(tags.toSpliced(at, 1))}>
              <Icon name="close" />
            </button>
          )}
        </span>
      ))}
      <input
        id={id}
        type="text"
        value={typed}
        maxLength={field.max_length}
        placeholder={tags.length ? "" : field.placeholder || t("Type, then Enter")}
        aria-label={t("Add to {name}", { name: field.label })}
        aria-describedby={describedBy}
        disabled={disabled || tags.length >= (field.max_items ?? Infinity)}
        onChange={(event) => (event.target.value.includes(",") ? add(event.target.value) : setTyped(event.target.value))}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            add(typed);
          } else if (event.key === "Backspace" && typed === "" && tags.length) {
            onChange(tags.slice(0, -1));
          }
        }}
        onBlur={() => typed.trim() && add(typed)}
      />
    </div>
  );
}
