import { Children, Fragment, type ReactNode } from 'react';

/** What there is to say, with dots between. */
export const Dotted = ({ children }: { children: ReactNode }) =>
  Children.toArray(children).map((child, index) => (
    <Fragment key={index}>
      {index > 0 && ' · '}
      {child}
    </Fragment>
  ));
