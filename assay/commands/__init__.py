"""`assay judge`, `report`, `controls`, `sweep`, `lease`: small commands that belong to no room."""
