interface Greeted {
  name: string;
}

export async function greet({ name }: Greeted): Promise<string> {
  const greeting: string = `hello ${name}`;
  return greeting;
}
