import {
  createPaginatedRowModel,
  metaHelper,
  rowPaginationFeature,
  rowSelectionFeature,
  tableFeatures,
} from '@tanstack/react-table';
import type { ParkedView } from '../../../api.ts';

/** What the table of parked messages can do. */
export const features = tableFeatures({
  rowSelectionFeature,
  rowPaginationFeature,
  paginatedRowModel: createPaginatedRowModel(),
  tableMeta: metaHelper<{ inspect: (message: ParkedView) => void }>(),
});
