/** A page that the bundler inlines as a string. */
declare module '*.html' {
  const page: string;
  export default page;
}
