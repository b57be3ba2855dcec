from django.urls import path

from terreau.funding.views import files, fit, pieces, projects

app_name = "funding"
urlpatterns = [
    path("", fit.home, name="home"),
    path("dispositifs/<slug:slug>/", fit.one_scheme, name="scheme"),
    path("aides/importer/", fit.import_file, name="import_file"),
    path("aides/<int:pk>/", fit.aid, name="aid"),
    path("aides/<int:pk>/note/", fit.note, name="note"),
    path("projets/", projects.projects, name="projects"),
    path("projets/nouveau/", projects.add_project, name="add_project"),
    path("projets/<int:pk>/", projects.project, name="project"),
    path("projets/<int:pk>/modifier/", projects.change_project, name="change_project"),
    path("projets/<int:pk>/depense/", projects.add_line, name="add_line"),
    path("projets/<int:pk>/financeur/", projects.add_funder, name="add_funder"),
    path("depenses/<int:pk>/retirer/", projects.withdraw_line, name="withdraw_line"),
    path("dossiers/<int:pk>/", files.file, name="file"),
    path("dossiers/<int:pk>/etapes/<slug:kind>/", files.note_step, name="note_step"),
    path("dossiers/<int:pk>/rattacher/", files.share, name="share"),
    path("dossiers/<int:pk>/demander/", files.send_claim, name="send_claim"),
    path("dossiers/<int:pk>/promettre/", files.promise, name="promise"),
    path("dossiers/<int:pk>/prevoir/", files.expect, name="expect"),
    path("dossiers/<int:pk>/bilan/", files.report, name="report"),
    path("dossiers/<int:pk>/bilan.pdf", files.report_sheet, name="report_sheet"),
    path("dossiers/<int:pk>/bilan.csv", files.report_csv, name="report_csv"),
    path("parts/<int:pk>/retirer/", files.withdraw_share, name="withdraw_share"),
    path("indicateurs/<int:pk>/retirer/", files.withdraw_target, name="withdraw_target"),
    path("versements/<int:pk>/retirer/", files.withdraw_expected, name="withdraw_expected"),
    path("pieces/", pieces.pieces, name="pieces"),
    path("pieces/facture/", pieces.add_invoice, name="add_invoice"),
    path("pieces/salaire/", pieces.add_pay, name="add_pay"),
    path("pieces/heures/", pieces.add_hours, name="add_hours"),
]
