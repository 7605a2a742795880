/** A page that the bundler puts into the bundle as text. */
declare module '*.html' {
  const page: string;
  export default page;
}
