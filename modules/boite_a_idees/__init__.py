"""Boîte à idées: people deposit ideas, support and discuss them; the collectivité answers."""

from app.tenancy.manifest import ModuleManifest

manifest = ModuleManifest(
    id="boite_a_idees",
    title="Boîte à idées",
    summary="Chaque personne dépose des idées, soutient et discute celles des autres ; la collectivité répond.",
    icon="bulb",
    tint="idees",
    segment="idees",
    version="1.0",
    models="modules.boite_a_idees.models",
    public="modules.boite_a_idees.views:blueprint",
    tenant_settings="modules.boite_a_idees.schemas:TenantSettings",
    step_kinds={"depot": "modules.boite_a_idees.schemas:DepositSettings"},
    contribution_types=("modules.boite_a_idees.models:Idea",),
    acts=("modules.boite_a_idees.acts:ACTS",),
    policy=("modules.boite_a_idees.rules:POLICY",),
    statuses=("modules.boite_a_idees.rules:STATUSES",),
    imports="modules.boite_a_idees.importing:SHAPE",
    holders=("modules.boite_a_idees.queries:HOLDERS",),
    jobs=("modules.boite_a_idees.tasks:JOBS",),
)
