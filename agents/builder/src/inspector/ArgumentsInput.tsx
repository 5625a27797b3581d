import { useBuilder } from "../store/store";
import { t } from "../words";
import { RowsInput } from "./RowsInput";
import type { WidgetProps } from "./FieldBox";
import { TemplateText } from "./TemplateText";

interface Argument {
  name: string;
  value: string;
}

/** What a tool is given: one row for each parameter of the chosen tool, and those that it has no more. */
export function ArgumentsInput(props: WidgetProps) {
  const { id, field, value, values, path, problems, disabled, onChange } = props;
  const tools = useBuilder((state) => state.data.tools);
  const tool = tools.find(({ name }) => name === values[field.of ?? ""]);
  if (!tool) return <RowsInput {...props} />;
  const given = Array.isArray(value) ? (value as Argument[]) : [];
  const wanted = Object.entries(tool.parameters.properties ?? {});
  const required = new Set(tool.parameters.required ?? []);
  const extra = given.filter(({ name }) => !wanted.some(([known]) => known === name));
  const put = (name: string, text: string): void => {
    const at = given.findIndex((one) => one.name === name);
    if (at >= 0) onChange(text === "" ? given.toSpliced(at, 1) : given.with(at, { name, value: text }));
    else if (text !== "") onChange([...given, { name, value: text }]);
  };
  const template = (field.columns ?? []).find(({ name }) => name === "value") ?? { ...field, widget: "text" as const, template: true };
  if (wanted.length === 0 && extra.length === 0) return <p className="p-muted">{t("This tool needs nothing.")}</p>;
  return (
    <div className="bd-arguments">
      {wanted.map(([name, { description }]) => {
        const at = given.findIndex((one) => one.name === name);
        const own = problems.filter((problem) => problem.field.startsWith(`${path}.${at}`));
        return (
          <div key={name} className="p-field" data-field={at >= 0 ? `${path}.${at}` : undefined}>
            <label htmlFor={`${id}-${name}`} className="p-mono">
              {name}
              {required.has(name) && <span className="bd-must"> {t("needed")}</span>}
            </label>
            <TemplateText
              id={`${id}-${name}`}
              label={name}
              value={given[at]?.value ?? ""}
              field={{ ...template, placeholder: description ?? "" }}
              disabled={disabled}
              onChange={(text) => put(name, text)}
            />
            {own.map(({ message }, place) => (
              <p key={place} className="p-error">
                {message}
              </p>
            ))}
          </div>
        );
      })}
      {extra.map(({ name }) => (
        <p key={name} className="bd-warning">
          {t("{name} is no parameter of this tool.", { name })}{" "}
          <button type="button" className="p-button is-small is-quiet" onClick={() => onChange(given.filter((one) => one.name !== name))}>
            {t("Remove")}
          </button>
        </p>
      ))}
    </div>
  );
}
