/** What was filled in; undefined where nothing was. */
export const filled = (form: FormData, field: string): string | undefined =>
  String(form.get(field) ?? '').trim() || undefined;

/** The same as a part of a request, under the field's name or another: left out where nothing was filled in. */
export function filledAs<Name extends string>(form: FormData, name: Name, field: string = name) {
  const text = filled(form, field);
  return (text === undefined ? {} : { [name]: text }) as { [key in Name]?: string };
}
