"""Pétitions: a text, signatures, a goal. A ninth application, whole, that the gates' tests add to a copy of the source."""

from app.tenancy.manifest import ModuleManifest

manifest = ModuleManifest(
    id="petition",
    title="Pétitions",
    summary="Des textes à signer : au-delà d’un seuil, le conseil en débat.",
    icon="edit",
    tint="appel",
    segment="petitions",
    version="1.0",
    models="modules.petition.models",
    public="modules.petition.views:blueprint",
    step_kinds={"signature": "modules.petition.schemas:SignatureSettings"},
    contribution_types=("modules.petition.models:Petition",),
    acts=("modules.petition.views:ACTS",),
)
