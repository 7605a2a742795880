import { Children, Fragment, type ReactNode } from 'react';

/** Texts separated by dots. */
export const Dotted = ({ children }: { children: ReactNode }) =>
  Children.toArray(children).map((child, index) => (
    <Fragment key={index}>
      {index > 0 && ' · '}
      {child}
    </Fragment>
  ));
