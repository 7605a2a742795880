import {
  createPaginatedRowModel,
  metaHelper,
  rowPaginationFeature,
  rowSelectionFeature,
  tableFeatures,
} from '@tanstack/react-table';
import type { ParkedView } from '../../../api.ts';

/** Features of the table of parked messages. */
export const features = tableFeatures({
  rowSelectionFeature,
  rowPaginationFeature,
  paginatedRowModel: createPaginatedRowModel(),
  tableMeta: metaHelper<{ inspect: (message: ParkedView) => void }>(),
});
